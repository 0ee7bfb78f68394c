// Notes when the first chart in view is drawn and how long the longest task took.
(() => {
  const told = { chart: null, longest: 0 };
  globalThis.benchTold = told;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) told.longest = Math.max(told.longest, task.duration);
  }).observe({ type: "longtask", buffered: true });

  const look = () => {
    const canvas = document.querySelector("canvas[data-chart]");
    // A chart further down is drawn when somebody scrolls to it: here at once.
    if (canvas && canvas.getBoundingClientRect().top > innerHeight) canvas.scrollIntoView();
    if (canvas && globalThis.Chart?.getChart(canvas)) {
      told.chart = performance.now();
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
})();
