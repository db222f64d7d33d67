import { h, type FunctionalComponent } from 'vue'

/** Small line icons that the library has not, drawn on 24 × 24. */
function line(...paths: string[]): FunctionalComponent {
  const icon: FunctionalComponent = () =>
    h(
      'svg',
      { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' },
      paths.map((d) => h('path', { d })),
    )
  return icon
}

export const IconReply = line('M10 7 4 12l6 5', 'M4 12h10a6 6 0 0 1 6 6')
export const IconForward = line('m14 7 6 5-6 5', 'M20 12H10a6 6 0 0 0-6 6')
export const IconSmile = line('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18', 'M8.5 14.5a4.2 4.2 0 0 0 7 0', 'M9 9.6v.1', 'M15 9.6v.1')
export const IconPin = line('M9 4h6l-1 6 3 3H7l3-3z', 'M12 13v7')
export const IconCheck = line('m5 12.5 4.5 4.5L19 7.5')
export const IconChecks = line('m2 12.5 4.5 4.5L15 8', 'm11.5 16 1 1L22 7.5')
export const IconClock = line('M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16', 'M12 8v4.5l3 1.5')
export const IconTimer = line('M12 6a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15', 'M12 10v3.5', 'M9.5 2.5h5')
export const IconAlert = line('M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16', 'M12 8v5', 'M12 16v.1')
export const IconPlay = line('M8 5.5v13l10.5-6.5z')
export const IconPause = line('M8.5 6v12', 'M15.5 6v12')
export const IconPlace = line('M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21', 'M12 7.4a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6')
