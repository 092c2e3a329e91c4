// Vite and webpack keep the licence notices of dependencies out of what a page loads.
const modifyRolldownConfig = (config) => ({ ...config, output: { ...config.output, comments: false } });

export default [
  {
    name: 'what /react adds to a page that has the client and React (brotli)',
    path: 'dist/index.js',
    ignore: ['react', '@vitalwire/client', '@vitalwire/protocol'],
    limit: '3 kB',
    modifyRolldownConfig,
  },
];
