// api.js: the REST calls of protocol v1, with `v: 2`, which only means here that
// texts come as they were written, not escaped for HTML.

const TIMEOUT_MS = 15000;

// status: the HTTP status, 0 when no answer came; code and reason: the server's.
export class ApiError extends Error {
  constructor(status, code, reason) {
    super(`${status} ${code ?? ''} ${reason ?? ''}`);
    this.status = status;
    this.code = code;
    this.reason = reason;
  }
}

export class Api {
  // session: () => { email, token } or null. unauthorized: called when the token is no longer taken.
  constructor(session, unauthorized) {
    this.session = session;
    this.unauthorized = unauthorized;
  }

  logIn(email, password) {
    return this.#call('POST', '/user/login', {}, { email, password });
  }

  register(email, password, uname) {
    return this.#call('POST', '/user/register', {}, { email, password, password2: password, uname });
  }

  editUser(uname, avatar) {
    return this.#call('PUT', '/user/edit_user', {}, { uname, avatar });
  }

  user(email) {
    return this.#call('GET', '/user/user_info', { email });
  }

  searchUsers(info) {
    return this.#call('GET', '/user/search_friend', { info });
  }

  searchGroups(info) {
    return this.#call('GET', '/community/search_community', { info });
  }

  friends() {
    return this.#call('GET', '/contact/friend_list');
  }

  groups() {
    return this.#call('GET', '/community/community_list');
  }

  addFriend(email) {
    return this.#add(email, 1);
  }

  joinGroup(id) {
    return this.#add(String(id), 2);
  }

  #add(dstObj, cate) {
    return this.#call('POST', '/contact/add_friend', {}, { ownerEmail: this.session().email, dstObj, cate });
  }

  createGroup(name, icon, memo) {
    return this.#call('POST', '/community/create', {}, { name, ...(icon && { icon }), ...(memo && { memo }) });
  }

  // The newest messages, oldest first.
  friendMessages(email, limit) {
    return this.#call('GET', '/msg/friend_msg_list', { userEmail: this.session().email, dstObj: email, limit });
  }

  groupMessages(id, limit) {
    return this.#call('GET', '/msg/community_msg_list', { dstObj: id, limit });
  }

  async #call(method, path, query = {}, body = undefined) {
    const session = this.session();
    const headers = { v: '2' };
    if (session) Object.assign(headers, { email: session.email, token: session.token });
    if (body) headers['Content-Type'] = 'application/json';
    const search = new URLSearchParams(query).toString();
    let response;
    let text;
    try {
      response = await fetch(search ? `${path}?${search}` : path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch {
      throw new ApiError(0);
    }
    if (response.status === 401) {
      // Only the session it was asked with ends, not one that began meanwhile.
      if (session && session === this.session()) this.unauthorized();
      throw new ApiError(401, undefined, text);
    }
    return answerData(response.status, text);
  }
}

function answerData(status, text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(status);
  }
  if (status !== 200 || answer?.code !== 0) throw new ApiError(status, answer?.code, answer?.msg);
  return answer.data;
}
