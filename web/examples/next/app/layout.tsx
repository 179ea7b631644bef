import { getSidebarBadges } from '@badged/client/server';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { Sidebar } from './sidebar';

/** The page comes with its numbers, and the browser goes on from there. */
export default async function Layout({ children }: { children: ReactNode }) {
  const tenant = (await cookies()).get('tenant')?.value ?? '';
  const initial = await getSidebarBadges({
    url: `${process.env.BADGED_URL ?? 'http://127.0.0.1:8080'}/api/sidebar/badges`,
    headers: { 'X-Tenant-Id': tenant },
  });
  return (
    <html lang="en">
      <body>
        <Sidebar tenant={tenant} initial={initial} />
        <main>{children}</main>
      </body>
    </html>
  );
}
