// The tracker is one small script beside the page: /hw.js.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/headwater/web/static/tracker",
    emptyOutDir: true,
    target: "es2021",
    lib: { entry: "tracker/index.ts", formats: ["iife"], name: "_", fileName: () => "hw.js" },
  },
});
