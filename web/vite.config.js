// The page is built into the Python package; `npm run dev` serves it beside a running server.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.HEADWATER_BASE_URL ?? "http://127.0.0.1:8800";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: { outDir: "../src/headwater/web/static", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { host: "127.0.0.1", proxy: { "/api": server } },
});
