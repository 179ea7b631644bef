// What pytest reads of a program of node:test: one line of JSON for each test.

import { inspect } from "node:util";

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (data.nesting > 0) continue;
    if (type === "test:pass" || type === "test:fail") {
      // A test that was skipped showed nothing.
      const failed = type === "test:fail" ? inspect(data.details.error?.cause ?? data.details.error) : null;
      const error = failed ?? (data.skip || data.todo ? "skipped" : null);
      yield `\n@@report ${JSON.stringify({ name: data.name, error, ms: data.details.duration_ms })}\n`;
    } else if (type === "test:stdout" || type === "test:stderr") yield data.message;
    else if (type === "test:diagnostic") yield `${data.message}\n`;
  }
}
