// A client of the original's kind, run by a test: it takes commands, uses the platform's own WebSocket
// and fetch, and reports what happens. The same code runs in a browser's page and under Node.
function makeClient(WebSocket, fetch, report) {
    const sockets = new Map();

    const commands = {
        async http({ method, url, headers, body }) {
            const answer = await fetch(url, { method, headers, body });
            return { status: answer.status, text: await answer.text() };
        },
        async open({ name, url }) {
            const socket = new WebSocket(url);
            sockets.set(name, socket);
            socket.onmessage = (event) => report({ event: 'message', name, text: event.data });
            socket.onclose = (event) => report({ event: 'close', name, code: event.code });
            socket.onerror = () => {};
            return await new Promise((resolve) => {
                socket.addEventListener('open', () => resolve({ open: true }));
                socket.addEventListener('close', () => resolve({ open: false }));
            });
        },
        async send({ name, text }) {
            sockets.get(name).send(text);
            return {};
        },
        async close({ name }) {
            sockets.get(name).close(1000);
            return {};
        },
    };

    return async (command) => {
        let result;
        try {
            result = await commands[command.op](command);
        } catch (error) {
            result = { error: String(error) };
        }
        await report({ id: command.id, ...result });
    };
}

if (typeof module !== 'undefined')
    module.exports = makeClient;
