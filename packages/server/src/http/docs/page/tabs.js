/**
 * Makes the tabs work by pointer, keyboard and address: `#websocket` opens the second one.
 *
 * @param {ParentNode} root
 */
export function createTabs(root) {
  const tabs = [...root.querySelectorAll('[role=tab]')].filter((tab) => tab instanceof HTMLElement);

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => {
      // Not by setting `location.hash`: that would move the focus away from the tab.
      history.replaceState(null, '', `#${tab.getAttribute('aria-controls')}`);
      show();
    });
    tab.addEventListener('keydown', ({ key }) => {
      const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[key];
      if (next === undefined) return;
      const target = tabs.at(next % tabs.length);
      target?.focus();
      target?.click();
    });
  }
  addEventListener('hashchange', show);
  show();

  function show() {
    const wanted = tabs.find((tab) => `#${tab.getAttribute('aria-controls')}` === location.hash) ?? tabs[0];
    for (const tab of tabs) {
      const selected = tab === wanted;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls') ?? '')?.toggleAttribute('hidden', !selected);
    }
  }
}
