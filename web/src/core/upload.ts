import { uploadFile } from '@im-service/client'
import { useSession } from './session'

/** Stores a picture (an avatar, a group's icon) and gives back the address that shows it at once. Saved in a profile or
 * a group, the server keeps what stands before the `?`. */
export async function uploadPicture(picture: Blob, signal?: AbortSignal): Promise<string> {
  const name = picture.type === 'image/png' ? 'picture.png' : 'picture.webp'
  const file = await uploadFile(useSession().rest, picture, { name, ...(signal ? { signal } : {}) })
  return file.signed
}
