import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// `npm run dev` serves the sources and sends requests of the API to a running platform.
const platform = process.env.LOGLOOP_URL ?? "http://127.0.0.1:8080";

const COMPRESSIONS = [
  [".br", promisify(brotliCompress)],
  [".gz", promisify(gzip)],
] as const;

/** Writes compressed copies beside the built files. The gateway serves them, smaller than it could compress on the fly. */
const compressedCopies: Plugin = {
  name: "compressed-copies",
  apply: "build",
  async writeBundle({ dir }, files) {
    const copies = Object.values(files).flatMap((file) =>
      COMPRESSIONS.map(async ([suffix, compress]) => {
        const content = file.type === "chunk" ? file.code : file.source;
        await writeFile(`${dir}/${file.fileName}${suffix}`, await compress(content));
      }),
    );
    await Promise.all(copies);
  },
};

export default defineConfig({
  plugins: [react(), compressedCopies],
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
