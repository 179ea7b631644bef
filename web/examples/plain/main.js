import { createBadges } from '@badged/client';
import { setBadges } from '@badged/client/elements';

// Who is looked at: while badged runs with `--auth none` on your own machine, the page may say it itself.
const tenant = new URLSearchParams(location.search).get('tenant');

setBadges(createBadges({ headers: { 'X-Tenant-Id': tenant }, key: tenant }));
