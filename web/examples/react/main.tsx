import { createBadges, type Snapshot } from '@badged/client';
import { BadgesProvider, useSidebarBadges } from '@badged/client/react';
import { createRoot } from 'react-dom/client';

const tenant = new URLSearchParams(location.search).get('tenant') ?? '';
const badges = createBadges({ headers: { 'X-Tenant-Id': tenant }, key: tenant });

const feedback = ({ counts }: Snapshot) => counts.feedback;
const status = (snapshot: Snapshot) => snapshot.status;

/** Drawn again when this one number changes, and not when another does. */
const Feedback = () => {
  const open = useSidebarBadges(null, feedback);
  if (open == null) return <a href="/feedback">Feedback, count unavailable</a>; // not known, which is not zero
  return <a href="/feedback">Feedback{open > 0 && `, ${open} open`}</a>;
};

const Status = () => <p>{useSidebarBadges(null, status)}</p>;

createRoot(document.getElementById('root')!).render(
  <BadgesProvider badges={badges}>
    <nav aria-label="Sidebar">
      <Feedback />
    </nav>
    <Status />
  </BadgesProvider>,
);
