// Where badged listens, as the server of Next.js reaches it. The browser asks Next.js, which passes it on.
const badged = process.env.BADGED_URL ?? 'http://127.0.0.1:8080';

/** @type {import('next').NextConfig} */
export default {
  rewrites: async () => [{ source: '/api/sidebar/:path*', destination: `${badged}/api/sidebar/:path*` }],
};
