import DyadSigV4

/// Where credentials will come from, as environment and files say; nobody has been asked yet.
indirect enum CredentialPlan: Sendable, Equatable {
    case known(Credentials)
    /// `AssumeRole`, signed with what the other plan yields.
    case role(AssumedRole, with: CredentialPlan)
    case webIdentity(WebIdentity)
    /// A shell command that prints them.
    case process(command: String, profile: String)
    case container(ContainerEndpoint)
    case instance(InstanceEndpoint)
}

/// A role of a profile. Its members are AssumeRole's parameters.
struct AssumedRole: Sendable, Equatable {
    let arn: String
    /// Nil takes one made of the time.
    var sessionName: String?
    var externalID: String?
    /// Nil takes the service's default, an hour.
    var durationSeconds: Int?
}

/// A role for whoever holds a token, as in a Kubernetes pod.
struct WebIdentity: Sendable, Equatable {
    let arn: String
    var sessionName: String?
    /// Read anew for each call, since whoever wrote it replaces it.
    let tokenFile: String
}
