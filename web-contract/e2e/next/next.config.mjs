export default {
  // The bff serves the API and Better Auth.
  rewrites: async () => [{ source: "/api/:path*", destination: `${process.env.BFF_URL}/api/:path*` }],
};
