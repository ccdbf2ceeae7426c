/// What one client, or one connection, may take.
package enum Limits {
    /// Bytes of a request's body. AWS answers 413 to more: 16 MiB.
    package static let bodyBytesMax = 16 << 20
    /// The same of a request that is signed for Lambda: a function's code comes in one. AWS refuses 70,167,211.
    static let lambdaBodyBytesMax = 70 << 20
    /// Bytes that a compressed body may stand for: no more than one that was sent plain.
    static let expandedBytesMax = bodyBytesMax
    /// Bytes of an answer that is never compressed. AWS compresses what is larger: 4 KiB.
    static let plainAnswerBytesMax = 4 << 10
    /// Bytes of an answer that is compressed on the event loop, in 0.3 ms; more goes to another thread (1 MB: 12 ms).
    static let compressedOnLoopBytesMax = 32 << 10
    /// Bytes of an answer that are handed to the socket in one buffer.
    static let answerPieceBytes = 64 << 10
    /// Bytes of a body too large that are read and dropped, so that a client that reads late still gets its 413.
    static let droppedBytesMax = 64 << 20
    /// Bytes of one header, of all headers of a request, and their number.
    static let headerBytesMax = 32 << 10
    static let headersBytesMax = 128 << 10
    static let headersMax = 128
    /// Seconds between two looks for idle connections.
    static let sweepSeconds: Int64 = 15
    /// Looks that find a connection unused before it is closed: 3 minutes, longer than SDKs keep theirs.
    static let idleSweepsMax = 12
    /// Seconds that requests in flight are given when the server stops.
    static let stopGraceSeconds: Int64 = 10
    /// Event loops. More than this waits for the regions' threads anyway.
    static let loopsMax = 16
    /// Connections that wait to be accepted.
    static let backlog: Int32 = 1024
    /// Pipelined requests that are answered inside each other's delivery before the stack is unwound.
    static let nestedRequestsMax = 16
}
