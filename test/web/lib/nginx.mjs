// The nginx of the distribution in front of badged, with nothing set but where it listens and whom it asks.

import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after } from "node:test";
import { eventually, folder, start } from "./programs.mjs";

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export async function nginx(upstream) {
  const [prefix, port] = [folder(), await freePort()];
  const configuration = join(prefix, "nginx.conf");
  writeFileSync(
    configuration,
    `daemon off; pid ${prefix}/pid; error_log stderr; events {}
     http {
       access_log off; client_body_temp_path ${prefix}/body; proxy_temp_path ${prefix}/proxy;
       fastcgi_temp_path ${prefix}/fastcgi; scgi_temp_path ${prefix}/scgi; uwsgi_temp_path ${prefix}/uwsgi;
       server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }
     }`,
  );
  const running = start("/usr/sbin/nginx", ["-p", prefix, "-c", configuration]);
  after(() => running.stop());
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    () =>
      fetch(`${url}/livez`).then(
        ({ ok }) => ok,
        () => false,
      ),
    `nginx at ${url}: ${running.text}`,
  );
  return url;
}
