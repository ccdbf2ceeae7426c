import DyadMappings
import DyadModel

/// Lambda with its event source mappings: those answer what is theirs, and the functions all else.
struct MappedFunctions: EmulatedService {
    static let signingNames = ["lambda"]

    let mappings: EventSourceMappings
    let functions: any EmulatedService

    func respond(to request: ServiceRequest) async -> ServiceReply {
        if let reply = await mappings.respond(to: request) { return reply }
        return await functions.respond(to: request)
    }
}
