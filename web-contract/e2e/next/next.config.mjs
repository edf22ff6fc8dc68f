export default {
  // All of the API and of Better Auth is the bff's.
  rewrites: async () => [{ source: "/api/:path*", destination: `${process.env.BFF_URL}/api/:path*` }],
};
