// Whose numbers are shown: one of the demonstration's tenants, or any whose id is typed. The choice is remembered.

const KEY = "badged:tenant";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @typedef {{id: string, name: string}} Tenant */

/** The id that a text means: null where it is no UUID. */
export function parseTenant(/** @type {string} */ text) {
  const id = text.trim().toLowerCase();
  return UUID.test(id) ? id : null;
}

/**
 * What the server has of a demonstration: its tenants, none elsewhere, and the file of its database.
 * @returns {Promise<{file: string | null, tenants: Tenant[]}>}
 */
export async function offered(fetch = globalThis.fetch) {
  try {
    const { file, tenants } = await (await fetch("/demo/tenants")).json();
    if (Array.isArray(tenants)) return { file, tenants };
  } catch {
    // What is there is no badged, or not now: a tenant is asked for.
  }
  return { file: null, tenants: [] };
}

// What browsers that keep nothing for a site throw at already.
const browsers = () => localStorage;

/**
 * The tenant to begin with, or null where one has to be named.
 * @param {Tenant[]} tenants
 * @param {() => Pick<Storage, "getItem">} storage
 */
export function firstTenant(tenants, storage = browsers) {
  let kept = null;
  try {
    kept = parseTenant(storage().getItem(KEY) ?? "");
  } catch {
    // It is asked for again.
  }
  if (tenants.length === 0) return kept;
  return tenants.some(({ id }) => id === kept) ? kept : tenants[0].id;
}

export function rememberTenant(
  /** @type {string} */ id,
  /** @type {() => Pick<Storage, "setItem">} */ storage = browsers,
) {
  try {
    storage().setItem(KEY, id);
  } catch {
    // As above.
  }
}

/** A file's name as one word of a shell's line, which no program takes for an option. */
export function shellWord(/** @type {string} */ name) {
  const path = name.startsWith("-") ? `./${name}` : name;
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
