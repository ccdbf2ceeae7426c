/// AWS's quotas: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
package enum LambdaLimits {
    /// Bytes of an invocation's payload, asked for and answered at once: 6 MB.
    static let requestBytesMax = 6_291_456
    /// The answer may be a little larger than what was asked.
    static let responseBytesMax = 6_291_556
    /// Bytes of an event that is handled later: 1 MB, since October 2025; 256 KB before.
    static let eventBytesMax = 1_048_576
    /// Bytes of a request that brings code: a zip file of 50 MB in base64, and what is around it.
    package static let codeRequestBytesMax = 70_167_211
    /// Bytes of the names and values of a function's environment: 4 KB.
    static let variablesBytesMax = 4096
    static let timeoutSeconds = 1...900
    static let memoryMegabytes = 128...10_240
    static let storageMegabytes = 512...10_240
    static let tagsMax = 50
    /// Functions of one answer of ListFunctions.
    static let pageMax = 50
}
