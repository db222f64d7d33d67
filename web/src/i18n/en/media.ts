export default {
  picture: 'Picture',
  video: 'Video',
  download: 'Download',
}
