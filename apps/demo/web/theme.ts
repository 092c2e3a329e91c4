import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

const KEY = 'sorrel-theme';

/** The theme of the page: what the visitor chose, or else what the system prefers. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [chosen, setChosen] = useState(read);
  const [preferred, setPreferred] = useState<Theme>(() => (dark().matches ? 'dark' : 'light'));

  useEffect(() => {
    const query = dark();
    const update = () => setPreferred(query.matches ? 'dark' : 'light');
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);

  useEffect(() => {
    if (chosen === undefined) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = chosen;
  }, [chosen]);

  const choose = (theme: Theme) => {
    localStorage.setItem(KEY, theme);
    setChosen(theme);
  };
  return [chosen ?? preferred, choose];
}

function dark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}

function read(): Theme | undefined {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : undefined;
}
