export default {
  picture: '图片',
  video: '视频',
  download: '下载',
}
