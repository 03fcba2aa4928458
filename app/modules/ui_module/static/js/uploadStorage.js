// What outlives a reload: unfinished uploads and their files, in IndexedDB.

const NAME = 'messenger.uploads';
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('uploads', { keyPath: 'key' });
      request.result.createObjectStore('files');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(mode, use) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(['uploads', 'files'], mode);
    const request = use(transaction.objectStore('uploads'), transaction.objectStore('files'));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const listUploads = () => run('readonly', (uploads) => uploads.getAll());

export const readUpload = (key) => run('readonly', (uploads) => uploads.get(key));

export const readFile = (key) => run('readonly', (_, files) => files.get(key));

export const storeUpload = (upload) => run('readwrite', (uploads) => uploads.put(upload));

/** Fails if the browser has no space for the file. */
export const storeFile = (key, file) => run('readwrite', (_, files) => files.put(file, key));

export const deleteUpload = (key) => run('readwrite', (uploads, files) => {
  files.delete(key);
  return uploads.delete(key);
});
