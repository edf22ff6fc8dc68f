import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type Plugin, type Rolldown } from "vite";

export default defineConfig(({ mode }) => {
  const bff = loadEnv(mode, ".", "").BFF_URL ?? "http://localhost:3000";
  return {
    plugins: [react(), startFirst(), compress()],
    build: {
      // The page's Content-Security-Policy allows no data: URLs.
      assetsInlineLimit: 0,
      // Only index.html preloads scripts: parts loaded on demand import too little to need it.
      modulePreload: { polyfill: false, resolveDependencies: (_, files, { hostType }) => (hostType === "html" ? files : []) },
      // One file, so that the order of the styles does not depend on the order of loading.
      cssCodeSplit: false,
      rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", test: isStart }, { name: firstChunk }] } } },
    },
    server: {
      // The bff sees the page of `npm run dev` as a page of its own origin.
      proxy: { "/api": { target: bff, headers: { origin: bff } } },
    },
  };
});

/** The modules that run before the rest of the page is loaded. */
const isStart = (id: string) => /\/src\/(start|ui\/storage)\.ts$/.test(id);

let first: Set<string> | undefined;

/** Puts all modules of the first load into one script, even if other scripts use them too: many small scripts are larger in total. */
function firstChunk(id: string, modules: Rolldown.ChunkingContext): string | null {
  if (!first) {
    first = new Set();
    const add = (id: string) => {
      if (first!.has(id)) return;
      first!.add(id);
      modules.getModuleInfo(id)?.importedIds.forEach(add);
    };
    add(fileURLToPath(new URL("src/main.tsx", import.meta.url)));
  }
  return first.has(id) ? "index" : null;
}

/** Makes src/start.ts a separate script, which runs before the others are loaded. */
function startFirst(): Plugin {
  return {
    name: "start-first",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: "src/start.ts", name: "start" });
    },
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const chunk = Object.values(bundle!).find((file) => file.type === "chunk" && file.moduleIds.some(isStart));
        if (!chunk) throw new Error("src/start.ts is in no chunk");
        return [{ tag: "script", attrs: { type: "module", async: true, src: `/${chunk.fileName}` }, injectTo: "head-prepend" }];
      },
    },
  };
}

/** Writes compressed files, which the bff serves. */
function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    async writeBundle({ dir }) {
      const files = await readdir(dir!, { recursive: true });
      for (const file of files.filter((name) => /\.(js|css|html|svg)$/.test(name))) {
        const content = await readFile(join(dir!, file));
        await writeFile(join(dir!, `${file}.br`), brotliCompressSync(content));
        await writeFile(join(dir!, `${file}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
