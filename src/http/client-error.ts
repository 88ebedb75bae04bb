/** Bytes that are no HTTP request get a problem document too, before the connection ends. */
import type { Socket } from 'node:net'
import { problemOf, problemText, PROBLEM_TYPE } from './problem.ts'

export function answerClientErrors(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const [statusLine, detail] = answerTo(error.code)
  const body = problemText({
    ...problemOf('invalid-input', detail),
    status: Number(statusLine.slice(0, 3)),
  })
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nContent-Type: ${PROBLEM_TYPE}\r\nCache-Control: no-store\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function answerTo(code: string | undefined): [string, string] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return ['431 Request Header Fields Too Large', 'the header is longer than 16 kB']
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return ['408 Request Timeout', 'the request did not arrive in time']
  }
  return ['400 Bad Request', 'this is no HTTP request']
}
