// Uploads a file, or goes on with an upload: node upload.mjs FILE ENDPOINT TOKEN [ADDRESS OF THE UPLOAD]
// Prints each step as a line of JSON. Ends with 1 when the server does not answer any more.
import { createReadStream, statSync } from 'node:fs'
import tus from 'tus-js-client'

const [file, endpoint, token, uploadUrl] = process.argv.slice(2)
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')
const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadUrl: uploadUrl || null,
  uploadSize: statSync(file).size,
  chunkSize: 2 * 1024 * 1024,
  retryDelays: null,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: 'данные.bin', content_type: 'application/x-test' },
  onUploadUrlAvailable: () => say({ url: upload.url }),
  onChunkComplete: (_size, offset) => say({ offset }),
  onSuccess: () => say({ done: true }),
  onError: (error) => { say({ error: error.message }); process.exitCode = 1 }
})
upload.start()
