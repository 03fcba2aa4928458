// Imports the generated zod clients, and has the first one parse the example of every model.
import { readFileSync } from 'node:fs';
import * as zod from './generated/hey-api/zod.gen.ts';
import * as orval from './generated/orval.ts';

const { schemas } = JSON.parse(readFileSync('openapi.json', 'utf8')).components;
const examples = Object.entries(schemas).filter(([, schema]) => schema.example);
for (const [name, { example }] of examples) zod[`z${name}`].parse(example);
console.log(`loaded: ${Object.keys(zod).length} and ${Object.keys(orval).length} schemas; parsed: ${examples.length} examples`);
