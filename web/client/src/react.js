'use client';
// The badges in React 18 and later.
import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from 'react';

/** @import { Badges, Snapshot } from './types.js' */

const Context = createContext(/** @type {Badges | null} */ (null));

/**
 * Gives the store to all that is inside.
 * @param {{badges: Badges, children?: import('react').ReactNode}} props
 */
export const BadgesProvider = ({ badges, children }) => createElement(Context.Provider, { value: badges }, children);

/**
 * The snapshot, or what `select` makes of it; the component is rendered again when that is another, by `Object.is`
 * for what is no object, and for objects when the snapshot is another.
 * @template [Selected=Snapshot]
 * @param {Badges | null} [badges] that of the `BadgesProvider` when not given
 * @param {(snapshot: Snapshot) => Selected} [select]
 * @returns {Selected}
 */
export const useSidebarBadges = (badges, select) => {
  const provided = useContext(Context);
  const store = badges ?? provided;
  if (!store) throw new Error('useSidebarBadges needs badges, or a BadgesProvider around it');
  const [now, atFirst] = useMemo(() => [store.getSnapshot, store.getServerSnapshot].map((get) => {
    /** @type {Snapshot} */
    let last;
    /** @type {any} */
    let selected;
    return () => {
      const snapshot = get();
      if (snapshot != last) selected = select ? select(snapshot) : snapshot;
      last = snapshot;
      return selected;
    };
  }), [store, select]);
  return useSyncExternalStore(store.subscribe, now, atFirst);
};
