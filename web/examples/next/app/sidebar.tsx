'use client';
import { createBadges, type Initial } from '@badged/client';
import { useSidebarBadges } from '@badged/client/react';
import { useState } from 'react';

const links = [
  ['knowledge.crawlFailures', 'Crawl Failures', '/crawl-failures'],
  ['conversations', 'Conversations', '/conversations'],
  ['feedback', 'Feedback', '/feedback'],
];

export function Sidebar({ tenant, initial }: { tenant: string; initial: Initial | null }) {
  const [badges] = useState(() => createBadges({ initial, headers: { 'X-Tenant-Id': tenant }, key: tenant }));
  const { counts, status } = useSidebarBadges(badges);
  return (
    <nav aria-label="Sidebar" data-status={status}>
      <ul>
        {links.map(([name, label, href]) => (
          <li key={name}>
            <a href={href}>
              {label}
              {counts[name] == null ? ', count unavailable' : counts[name] > 0 ? `, ${counts[name]} open` : ''}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
