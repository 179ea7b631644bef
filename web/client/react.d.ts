// The types of src/react.js, and of the elements in JSX, which no comment in JavaScript can declare.
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { Badges, Snapshot } from './types/index.js';

export * from './types/react.js';

type BadgedAttributes<More> = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & More & {
  badges?: Badges;
  max?: number | `${number}` | 'false';
  'onbadged-status'?: (event: CustomEvent<Snapshot>) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'badged-count': BadgedAttributes<{
        for: string;
        format?: 'compact';
        'show-zero'?: boolean;
        announce?: string;
      }>;
      'badged-sidebar': BadgedAttributes<{
        src?: string;
        links?: string;
        current?: string;
        narrow?: boolean;
        announce?: boolean;
        'title-badge'?: string;
        'app-badge'?: string;
        'onbadged-navigate'?: (event: CustomEvent<string>) => void;
      }>;
    }
  }
}
