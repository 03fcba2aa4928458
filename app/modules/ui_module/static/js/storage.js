// Texts that the browser keeps for the page. What it refuses to keep, as with a full storage or without one, this tab does.

class Kept {
  /** `area` is the name of the browser's storage. */
  constructor(area) {
    this.area = area;
    this.refused = new Map();
    // Another tab has a newer one.
    addEventListener('storage', ({ key, storageArea }) => storageArea === this.try((storage) => storage) && this.refused.delete(key));
  }

  read(key) {
    return this.refused.get(key) ?? this.try((storage) => storage.getItem(key)) ?? null;
  }

  write(key, text) {
    this.refused.set(key, text);
    this.try((storage) => {
      storage.setItem(key, text);
      this.refused.delete(key);
    });
  }

  remove(key) {
    this.refused.delete(key);
    this.try((storage) => storage.removeItem(key));
  }

  /** Returns the keys that begin with a prefix. */
  keys(prefix) {
    const all = new Set([...this.refused.keys(), ...Object.keys(this.try((storage) => storage) ?? {})]);
    return [...all].filter((key) => key.startsWith(prefix));
  }

  try(use) {
    try {
      return use(window[this.area]);
    } catch {
      return null;
    }
  }
}

/** For all tabs. */
export const local = new Kept('localStorage');

/** For this tab: another tab may have a sign-in of its own. */
export const ofTab = new Kept('sessionStorage');
