import { useEffect, useLayoutEffect, useState } from './ui.js';

const GAP = 4;
const EDGE = 8;

/** Where to show a popup of `node` so that it stays on the screen and is not cut off by a scrolling parent. */
export function usePlace(anchor, open, { align = 'start', width } = {}) {
  const [place, setPlace] = useState(null);
  useLayoutEffect(() => {
    if (!open) return undefined;
    const measure = () => {
      const box = anchor.current?.getBoundingClientRect();
      if (!box) return;
      const below = window.innerHeight - box.bottom - EDGE;
      const above = box.top - EDGE;
      const up = below < 220 && above > below;
      const wide = Math.min(width ?? Math.max(box.width, 240), window.innerWidth - 2 * EDGE);
      const left = align === 'end' ? box.right - wide : box.left;
      setPlace({
        left: `${Math.max(EDGE, Math.min(left, window.innerWidth - wide - EDGE))}px`,
        width: `${wide}px`,
        maxHeight: `${Math.max(120, Math.min(320, (up ? above : below) - GAP))}px`,
        ...(up ? { bottom: `${window.innerHeight - box.top + GAP}px` } : { top: `${box.bottom + GAP}px` }),
      });
    };
    measure();
    window.addEventListener('scroll', measure, true);
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('scroll', measure, true);
      window.removeEventListener('resize', measure);
    };
  }, [open]);
  return place ?? { visibility: 'hidden' };
}

/** Closes a popup on a press elsewhere. */
export function useOutside(root, open, close) {
  useEffect(() => {
    if (!open) return undefined;
    const onPress = (event) => root.current?.contains(event.target) || close();
    document.addEventListener('pointerdown', onPress, true);
    return () => document.removeEventListener('pointerdown', onPress, true);
  }, [open]);
}
