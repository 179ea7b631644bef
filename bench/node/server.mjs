// The six counts as a route of Node: what a dashboard without badged does for each poll. No framework, one process, and an
// answer of the same bytes as badged's.
//
// usage: node server.mjs postgres FOLDER_OF_SOCKET | postgres-at-once FOLDER_OF_SOCKET | sqlite FILE
//
//   postgres          as it is mostly done: six statements side by side, over a pool of ten connections
//   postgres-at-once  the quickest way: the six counts as one statement, prepared once, over the same pool
//   sqlite            six statements that are prepared once, one after the other, in this process
//
// Listens on a free port of 127.0.0.1 and prints its URL.
import { createServer } from "node:http";

// In the order of the parameters of answer().
const counts = [
    "SELECT count(*) AS n FROM crawl_attempts WHERE tenant_id = $1 AND status = 'failed' AND can_retry",
    "SELECT count(*) AS n FROM page_failures WHERE tenant_id = $1 AND NOT is_resolved",
    `SELECT count(DISTINCT conversation_id) AS n FROM integration_outbox
        WHERE tenant_id = $1 AND status = 'failed' AND conversation_id IS NOT NULL`,
    "SELECT count(*) AS n FROM feedback WHERE tenant_id = $1 AND priority IN ('urgent', 'high') AND resolved_at IS NULL",
    "SELECT count(*) AS n FROM integrations WHERE tenant_id = $1 AND status IN ('error', 'disabled')",
    "SELECT count(*) AS n FROM integration_outbox WHERE tenant_id = $1 AND status = 'failed'",
];

/** @returns {Promise<(tenant: string) => Promise<number[]>>} */
async function countInPostgres(folder, atOnce) {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ host: folder, user: "postgres", database: "postgres", max: 10 });
    if (atOnce) {
        const text = `SELECT ${counts.map((count, i) => `(${count}) AS n${i}`).join(", ")}`;
        return async (tenant) => {
            const { rows } = await pool.query({ name: "counts", text, values: [tenant], rowMode: "array" });
            return rows[0].map(Number);
        };
    }
    return (tenant) =>
        Promise.all(
            counts.map(async (text) => {
                const { rows } = await pool.query(text, [tenant]);
                return Number(rows[0].n);
            }),
        );
}

async function countInSqlite(file) {
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(file, { readonly: true });
    database.pragma("mmap_size = 1073741824");
    const statements = counts.map((text) => database.prepare(text.replace("$1", "?")).pluck());
    const together = database.transaction((tenant) => statements.map((statement) => statement.get(tenant)));
    return async (tenant) => together(tenant);
}

function answer([crawls, pages, conversations, feedback, integrations, outbox]) {
    return JSON.stringify({
        knowledge: {
            sites: null,
            sources: crawls || null,
            documents: null,
            answers: null,
            crawlFailures: crawls + pages || null,
            widget: null,
        },
        conversations: conversations || null,
        feedback: feedback || null,
        integrations: { installed: integrations, marketplace: 0 },
        automation: { rules: 0, outbox },
    });
}

const [kind, place] = process.argv.slice(2);
const count = kind === "sqlite" ? await countInSqlite(place) : await countInPostgres(place, kind === "postgres-at-once");

const server = createServer(async (request, response) => {
    try {
        const body = answer(await count(request.headers["x-tenant-id"]));
        response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
        response.end(body);
    } catch (error) {
        console.error(error);
        response.writeHead(500).end();
    }
});
server.listen(0, "127.0.0.1", () => console.log(`serving http://127.0.0.1:${server.address().port}`));
