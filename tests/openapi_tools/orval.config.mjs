export default { messenger: { input: 'openapi.json', output: { client: 'zod', target: 'generated/orval.ts' } } };
