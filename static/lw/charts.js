/* Draws every [data-lw-chart] from the JSON beside it. Colours come from the CSS tokens, so a change of theme draws anew.
   Tooltips are drawn on the canvas (renderMode richText): the HTML ones write style attributes, which style-src 'self' blocks. */
(function () {
  'use strict';
  if (!window.echarts) { return; }
  var NOTHING = '–', MINUS = '\u2212';

  function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function range(from, to) { var out = []; for (var i = from; i <= to; i++) { out.push(i); } return out; }

  function theme() {
    return {
      font: getComputedStyle(document.body).fontFamily, ink: css('--lw-ink'), ink2: css('--lw-ink-2'), ink3: css('--lw-ink-3'),
      line: css('--lw-line'), line2: css('--lw-line-2'), surface: css('--lw-surface'), red: css('--lw-red'), green: css('--lw-green'),
      orange: css('--lw-orange'), yellow: css('--lw-yellow'), accent: css('--lw-accent'),
      c: range(1, 6).map(function (i) { return css('--lw-c' + i); }), h: range(0, 7).map(function (i) { return css('--lw-h' + i); })
    };
  }
  function tone(t, name, fallback) {
    var named = { kr: t.red, red: t.red, orange: t.orange, yellow: t.yellow, green: t.green, k0: t.line2, accent: t.accent,
      q1: t.h[2], q2: t.h[4], q3: t.h[5], q4: t.h[6], q5: t.h[7] };
    if (/^[ck][1-6]$/.test(name || '')) { return t.c[+name[1] - 1]; }
    return named[name] || fallback;
  }
  function text(value, places, unit) {
    if (value == null || value === '') { return NOTHING; }
    var digits = Number(value).toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places == null ? 2 : places });
    return digits.replace('-', MINUS) + (unit === '%' ? '%' : unit ? ' ' + unit : '');
  }

  function base(t, d, shadow) {
    return {
      animation: false, textStyle: { fontFamily: t.font, fontSize: 12, color: t.ink2 }, grid: { left: 4, right: 10, top: 14, bottom: 2, containLabel: true },
      tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: t.surface, borderColor: t.line2, borderWidth: 1, padding: [6, 10],
        textStyle: { color: t.ink, fontSize: 12, fontFamily: t.font },
        axisPointer: shadow ? { type: 'shadow', shadowStyle: { color: t.line, opacity: 0.5 } } : { lineStyle: { color: t.line2 } },
        valueFormatter: function (v) { return text(v, d.places, d.unit); } }
    };
  }
  function axis(t, more) {
    return Object.assign({ axisLine: { lineStyle: { color: t.line2 } }, axisTick: { show: false }, splitLine: { lineStyle: { color: t.line } },
      axisLabel: { color: t.ink3, fontSize: 12, hideOverlap: true, fontFamily: t.font } }, more);
  }
  function values(t, d, more) {
    var unit = d.unit === '%' ? '%' : '';
    return axis(t, Object.assign({ type: 'value', axisLine: { show: false }, splitNumber: 4,
      axisLabel: { color: t.ink3, fontSize: 12, fontFamily: t.font, formatter: function (v) { return v.toLocaleString('en').replace('-', MINUS) + unit; } } }, more));
  }
  function limit(t, threshold, place) {
    return { silent: true, symbol: 'none', animation: false, lineStyle: { color: t.red, type: 'dashed', width: 1.25 }, data: [{ yAxis: threshold.value }],
      label: { formatter: threshold.name, color: t.red, fontSize: 11, fontWeight: 600, position: place || 'insideStartBottom', fontFamily: t.font } };
  }

  var draw = {
    stacked: function (d, t) {
      var ramp = [t.h[2], t.h[4], t.h[5], t.h[6], t.h[7]].slice(-Math.max(1, Math.min(5, d.series.length)));
      return Object.assign(base(t, d, true), { xAxis: axis(t, { type: 'category', data: d.x }), yAxis: values(t, d),
        series: d.series.map(function (s, i) {
          return { type: 'bar', name: s.name, stack: 'a', barWidth: '58%', barMaxWidth: 44, data: s.values,
            itemStyle: { color: tone(t, s.tone, ramp[i % ramp.length]), borderColor: t.surface, borderWidth: 1 } };
        }) });
    },
    bars: function (d, t) {
      return Object.assign(base(t, d, true), { xAxis: axis(t, { type: 'category', data: d.x }), yAxis: values(t, d, { min: d.min, max: d.max }),
        series: d.series.map(function (s, i) {
          var colour = tone(t, s.tone, t.c[i % 6]);
          return { type: 'bar', name: s.name, barMaxWidth: 44, itemStyle: { color: colour }, markLine: i === 0 && d.threshold ? limit(t, d.threshold, 'insideEndTop') : undefined,
            data: s.values.map(function (v, k) { return s.tones && s.tones[k] ? { value: v, itemStyle: { color: tone(t, s.tones[k], colour) } } : v; }) };
        }) });
    },
    line: function (d, t) {
      var many = d.series.length > 1;
      var quiet = [t.c[5], t.c[1], t.c[0], t.c[3]];
      var option = Object.assign(base(t, d), { xAxis: axis(t, { type: 'category', boundaryGap: false, data: d.x }),
        yAxis: values(t, d, { min: d.min, max: d.max, splitNumber: 3 }),
        series: d.series.map(function (s, i) {
          var hot = many && i === d.hot;
          var colour = tone(t, s.tone, hot ? t.red : many ? quiet[i % 4] : t.c[0]);
          return { type: 'line', step: d.step ? 'end' : false, name: s.name, data: s.values, symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4],
            symbolSize: 5, showSymbol: s.values.length <= 40, lineStyle: { width: hot || !many ? 2 : 1.5, color: colour }, itemStyle: { color: colour },
            areaStyle: i === 0 && d.area ? { color: t.c[0], opacity: 0.09 } : undefined, z: hot ? 5 : 2,
            endLabel: many ? { show: true, formatter: '{a}', color: colour, fontSize: 11, fontWeight: hot ? 700 : 500, fontFamily: t.font } : undefined,
            labelLayout: many ? { moveOverlap: 'shiftY' } : undefined, markLine: i === 0 && d.threshold ? limit(t, d.threshold) : undefined };
        }) });
      if (many) { option.grid.right = 14 + 7 * Math.max.apply(null, d.series.map(function (s) { return width(s.name); })); }
      return option;
    },
    schedule: function (d, t) {
      var names = d.names || {};
      var option = Object.assign(base(t, d, true), { xAxis: axis(t, { type: 'category', data: d.x }),
        yAxis: [values(t, d), values(t, d, { splitLine: { show: false } })],
        series: [
          { type: 'bar', name: names.paid, stack: 'p', barWidth: '62%', barMaxWidth: 32, data: d.paid || [], itemStyle: { color: t.c[1] } },
          { type: 'bar', name: names.late, stack: 'p', data: d.late || [], itemStyle: { color: t.red,
            decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4, color: 'rgba(255,255,255,.55)' } } },
          { type: 'bar', name: names.due, stack: 'p', data: d.due || [], itemStyle: { color: t.line2 } }] });
      option.aria = { enabled: true, label: { enabled: false }, decal: { show: false } };
      if (d.balance) { option.series.push({ type: 'line', name: names.balance, yAxisIndex: 1, data: d.balance, symbol: 'none', step: 'end', lineStyle: { color: t.ink2, width: 1.5 }, itemStyle: { color: t.ink2 } }); }
      return option;
    },
    graph: function (d, t, place) {
      /* Positions are percent of the box; in pixels, so that the nodes keep their shape in a wide box. */
      var w = Math.max(place.clientWidth - 148, 60) / 100, h = Math.max(place.clientHeight - 78, 40) / 100;
      var kinds = { borrower: [t.accent, 'roundRect'], guarantor: [t.c[2], 'circle'], person: [t.c[3], 'circle'], group: [t.c[1], 'diamond'] };
      var option = base(t, d);
      option.tooltip.trigger = 'item';
      option.tooltip.formatter = function (p) { return p.dataType === 'node' ? p.data.full || p.name : p.data.words || ''; };
      option.series = [{ type: 'graph', layout: 'none', left: 70, right: 78, top: 22, bottom: 56, roam: false, edgeSymbol: ['none', 'arrow'], edgeSymbolSize: 7,
        label: { show: true, position: 'bottom', color: t.ink, fontSize: 11, fontFamily: t.font, lineHeight: 14 },
        edgeLabel: { show: true, formatter: function (p) { return p.data.words || ''; }, fontSize: 11, color: t.ink3, fontFamily: t.font, backgroundColor: t.surface, padding: [1, 3] },
        lineStyle: { color: t.line2, width: 1.5, opacity: 1 },
        data: d.nodes.map(function (n) {
          var kind = kinds[n.kind] || kinds.guarantor;
          return { name: n.name, full: n.full, x: n.x * w, y: n.y * h, symbol: kind[1], symbolSize: n.size || 22,
            itemStyle: { color: kind[0], borderColor: n.trouble ? t.red : t.surface, borderWidth: n.trouble ? 3 : 2 } };
        }),
        links: d.links.map(function (l) {
          return { source: l.from, target: l.to, words: l.words, lineStyle: l.trouble ? { color: t.red, width: 2, type: 'dashed', opacity: 1 } : {} };
        }) }];
      return option;
    }
  };
  function width(words) {
    var n = 0;
    for (var i = 0; i < words.length; i++) { n += words.charCodeAt(i) > 0x2e7f ? 2 : 1; }
    return n;
  }

  function render(place) {
    var source = document.getElementById(place.dataset.lwSrc), how = draw[place.dataset.lwChart];
    if (!source || !how) { return; }
    var chart = window.echarts.getInstanceByDom(place);
    if (!chart) {
      chart = window.echarts.init(place, null, { renderer: 'canvas' });
      new ResizeObserver(function () { chart.resize(); }).observe(place);
    }
    chart.setOption(how(JSON.parse(source.textContent), theme(), place), true);
  }
  function renderAll() { document.querySelectorAll('[data-lw-chart]').forEach(render); }

  (document.fonts && document.fonts.ready ? document.fonts.ready : Promise.resolve()).then(renderAll);
  document.addEventListener('lw:theme', renderAll);
  document.addEventListener('htmx:after:swap', renderAll);
})();
