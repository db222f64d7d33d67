import type { ChatRef, Message } from '@im-service/client'
import { computed, ref, watch, type Ref } from 'vue'
import { isGone } from '@/core/chat'
import { useChats } from '@/core/chats'
import { useCompose } from '@/core/compose'
import { useDrafts } from '@/core/drafts'
import { useLimits } from '@/core/limits'
import { useSession } from '@/core/session'
import { useTimelines } from '@/core/timelines'

const TEXT = 1

/** What the text is about: an answer, or an edit, which has the box for itself and gives back what stood there. */
export function useContext(chat: ChatRef, text: Ref<string>, ready: () => void) {
  const compose = useCompose()
  const drafts = useDrafts()
  const limits = useLimits()
  const session = useSession()
  const chats = useChats()
  const timeline = useTimelines().of(chat)
  const stash = ref<string>()

  const reply = computed(() => compose.of(chat).reply)
  const edit = computed(() => compose.of(chat).edit)

  watch(
    edit,
    (now) => {
      if (now) {
        stash.value ??= text.value
        text.value = now.content ?? ''
      } else if (stash.value !== undefined) {
        text.value = stash.value
        stash.value = undefined
      }
      ready()
    },
    { flush: 'sync' },
  )
  watch(reply, (now) => now && ready())

  function cancel(): void {
    compose.clear(chat)
    ready()
  }

  /** The newest of one's own texts that is loaded, to be edited. */
  function editLast(): boolean {
    const last = timeline.items.findLast((message) => chats.isMine(message) && message.msgType === TEXT && !isGone(message) && message.content !== undefined)
    if (!last || limits.now() - last.createAt >= limits.editMs) return false
    compose.edit(chat, last)
    return true
  }

  async function message(seq: number): Promise<Message | undefined> {
    return timeline.find(seq) ?? (await session.client?.history(chat, { from: seq, limit: 1 }).then(({ msgs }) => msgs.find((one) => one.seq === seq)))
  }

  /** A draft may have been an answer. */
  async function restore(): Promise<void> {
    const seq = drafts.of(chat).reply
    if (seq === undefined || reply.value || edit.value) return
    const found = await message(seq).catch(() => undefined)
    if (found && !reply.value && !edit.value) compose.reply(chat, found)
  }

  return { reply, edit, stash, cancel, editLast, restore }
}
