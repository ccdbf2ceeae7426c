import DyadModel

/// An error in the form of Lambda's REST API: the type in a header, the words in the body.
struct MappingError: Error, Equatable, Sendable {
    let type: String
    let status: Int
    let message: String
    /// Coral's own, which come before Lambda sees a request: without `Type`, and `message` in small letters.
    var isCoral = false

    static func invalidParameter(_ message: String) -> MappingError {
        MappingError(type: "InvalidParameterValueException", status: 400, message: message)
    }

    static func validation(_ message: String) -> MappingError {
        MappingError(type: "ValidationException", status: 400, message: message, isCoral: true)
    }

    static func serialization(_ message: String) -> MappingError {
        MappingError(type: "SerializationException", status: 400, message: message, isCoral: true)
    }

    static let notFound = MappingError(
        type: "ResourceNotFoundException", status: 404, message: "The resource you requested does not exist.")

    static func inUse(to verb: String) -> MappingError {
        MappingError(
            type: "ResourceInUseException", status: 400,
            message: "Cannot \(verb) the event source mapping because it is in use.")
    }

    /// AWS's words, blanks included.
    static func exists(_ mapping: EventSourceMapping, function: String) -> MappingError {
        MappingError(
            type: "ResourceConflictException", status: 409,
            message:
                "The event source arn (\" \(mapping.streamARN) \") and function (\" \(function) \") provided mapping "
                + "already exists. Please update or delete the existing mapping with UUID \(mapping.id)")
    }

    static func methodNotAllowed(_ method: String) -> MappingError {
        MappingError(type: "MethodNotAllowedException", status: 405, message: "\(method) is not allowed here.")
    }

    /// What the store could not do.
    init(_ error: DynamoError) {
        self.init(type: "ServiceException", status: 500, message: error.message ?? error.code.rawValue)
    }

    init(type: String, status: Int, message: String, isCoral: Bool = false) {
        self.type = type
        self.status = status
        self.message = message
        self.isCoral = isCoral
    }

    var reply: ServiceReply {
        var json = JSONWriter()
        json.object {
            if isCoral {
                $0.member("message", message)
            } else {
                $0.member("Type", status < 500 ? "User" : "Service")
                $0.member("Message", message)
                // Both spellings stand in the service model, each for some of the errors.
                $0.member("message", message)
            }
        }
        return ServiceReply(
            status: status, headers: [("Content-Type", "application/json"), ("x-amzn-ErrorType", type)],
            body: json.bytes)
    }
}
