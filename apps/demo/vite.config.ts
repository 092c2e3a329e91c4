import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  plugins: [react()],
  // The workspace packages are bundled from their sources, so the page needs no built packages.
  resolve: { conditions: ['@vitalwire/source', ...defaultClientConditions] },
  build: { outDir: '../dist/web', emptyOutDir: true, sourcemap: true, assetsInlineLimit: 0 },
});
