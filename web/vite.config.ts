import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the sources and sends requests of the API to a running platform.
const platform = process.env.LOGLOOP_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The gateway serves this folder, and the wheel of logloop contains it.
  build: {
    outDir: "../gateway/page",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 600,
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(["/api", "/docs", "/asyncapi", "/readyz"].map((path) => [path, platform])),
  },
});
