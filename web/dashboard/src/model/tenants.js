// Whose numbers are shown: one of the demonstration's tenants, or any whose id is typed. The choice is remembered.

const KEY = "badged:tenant";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @typedef {{id: string, name: string}} Tenant */

/** The id that a text means: null where it is no UUID. */
export function parseTenant(/** @type {string} */ text) {
  const id = text.trim().toLowerCase();
  return UUID.test(id) ? id : null;
}

/** The tenants that the server offers: those of a demonstration, and none elsewhere. @returns {Promise<Tenant[]>} */
export async function offeredTenants(fetch = globalThis.fetch) {
  const response = await fetch("/demo/tenants");
  return response.ok ? response.json() : [];
}

/** The tenant to begin with, or null where one has to be named. */
export function firstTenant(/** @type {Tenant[]} */ offered, /** @type {Pick<Storage, "getItem">} */ storage) {
  let kept = null;
  try {
    kept = parseTenant(storage.getItem(KEY) ?? "");
  } catch {
    // A browser that keeps nothing for this site: it is asked for again.
  }
  if (offered.length === 0) return kept;
  return offered.some(({ id }) => id === kept) ? kept : offered[0].id;
}

export function rememberTenant(/** @type {string} */ id, /** @type {Pick<Storage, "setItem">} */ storage) {
  try {
    storage.setItem(KEY, id);
  } catch {
    // As above.
  }
}
