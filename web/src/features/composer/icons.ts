import { h, type FunctionalComponent } from 'vue'

function line(...paths: string[]): FunctionalComponent {
  return () =>
    h(
      'svg',
      { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' },
      paths.map((d) => h('path', { d })),
    )
}

export const SmileIcon = line('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18', 'M8.5 14.5a4.2 4.2 0 0 0 7 0', 'M9 9.6v.1', 'M15 9.6v.1')
export const SendIcon = line('M4 12 20 4l-5 16-4-6z', 'm11 14 9-10')
export const StopIcon = line('M7 7h10v10H7z')
