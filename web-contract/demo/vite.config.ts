import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const bff = loadEnv(mode, ".", "").BFF_URL ?? "http://localhost:3000";
  return {
    plugins: [react()],
    build: {
      // The page's policy allows no data: URLs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: {
      // To the bff the page of `npm run dev` looks as if it came from its own origin.
      proxy: { "/api": { target: bff, headers: { origin: bff } } },
    },
  };
});
