import DyadLanguage
import DyadModel

/// The service model calls what an index projects a Projection too.
typealias ProjectionExpression = DyadLanguage.Projection

/// The expressions of one request and their placeholders, before they are parsed.
struct ExpressionParameters {
    var names: WireMap<Text>?
    var values: WireMap<WireAttributeValue>?
    /// The parameters of the older interface that came along, and that cannot be mixed with expressions.
    var legacy: [String] = []
    /// Each expression that the operation takes, in AWS's order.
    var expressions: [(kind: ExpressionKind, text: String?)]
    /// Which of AWS's layers looks at the values.
    var layer = ValueLayer.currentInOlderWords
    /// Whether values without expressions are told which expressions are not there.
    var namesAbsentExpressions = true

    private var given: [ExpressionKind] { expressions.compactMap { $0.text == nil ? nil : $0.kind } }

    /// The checks that come before those of items and keys: mixing, and placeholders without expressions.
    ///
    /// Order and words: dynalite's validations, which were compared with AWS.
    func checkUse() throws(DynamoError) {
        if !legacy.isEmpty, !given.isEmpty {
            throw .validation(
                "Can not use both expression and non-expression parameters in the same request: "
                    + "Non-expression parameters: {\(legacy.joined(separator: ", "))} "
                    + "Expression parameters: {\(given.map(\.rawValue).joined(separator: ", "))}")
        }
        if names != nil, given.isEmpty {
            throw .validation("ExpressionAttributeNames can only be specified when using expressions")
        }
        let users = expressions.filter { $0.kind != .projection }
        if values != nil, users.allSatisfy({ $0.text == nil }) {
            let kinds = users.map(\.kind.rawValue)
            let verb = kinds.count == 1 ? "is" : "are"
            throw .validation(
                "ExpressionAttributeValues can only be specified when using expressions"
                    + (namesAbsentExpressions ? ": \(kinds.joined(separator: " and ")) \(verb) null" : ""))
        }
    }

    /// The placeholders, their keys and values checked.
    func placeholders() throws(DynamoError) -> Placeholders {
        let names = names?.entries.map { (key: $0.key, value: $0.value) }
        guard let given = values else { return try Placeholders(names: names, values: nil) }
        var values: [(key: Text, value: AttributeValue)] = []
        var faulty: (key: Text, fault: DynamoError)?
        for (key, value) in given.entries {
            if let fault = value.faults[layer] {
                if faulty == nil { faulty = (key, fault) }
                values.append((key, .null))
            } else {
                values.append((key, try value.checked(layer)))
            }
        }
        let placeholders = try Placeholders(names: names, values: values)
        if let faulty {
            if layer == .current { throw faulty.fault }
            throw .validation(
                "ExpressionAttributeValues contains invalid value: \(faulty.fault.message ?? "") for key \(faulty.key)")
        }
        return placeholders
    }
}

/// The names of those parameters that are there.
func present(_ parameters: [(String, (any Sendable)?)]) -> [String] {
    parameters.compactMap { $0.1 == nil ? nil : $0.0 }
}

/// Names that each attribute of each item is looked up in: a few, as a rule, but a request may hold a million.
struct NameList: Sendable {
    let all: Set<Text>
    /// Comparing is faster than hashing as long as there are only a few.
    private let few: [Text]?

    init(_ names: [Text]) {
        all = Set(names)
        few = names.count <= 8 ? names : nil
    }

    func contains(_ name: Text) -> Bool { few?.contains(name) ?? all.contains(name) }
}

/// What a read returns of each item.
enum ItemProjection: Sendable {
    case whole
    case names(NameList)
    case paths(ProjectionExpression)
    /// The columns of a statement, each under a name of its own.
    case columns([SelectStatement.Column])

    /// From ProjectionExpression or AttributesToGet, of which at most one is there.
    init(_ projection: ProjectionExpression?, attributesToGet: [Text]?) {
        if let projection {
            self = projection.plainNames.map { .names(NameList($0)) } ?? .paths(projection)
        } else {
            self = attributesToGet.map { .names(NameList($0)) } ?? .whole
        }
    }

    /// The top-level attributes it reads; nil when all.
    var rootNames: Set<Text>? {
        switch self {
        case .whole: nil
        case .names(let names): names.all
        case .paths(let projection): projection.rootNames
        case .columns(let columns): Set(columns.map(\.path.root))
        }
    }

    /// The paths of a projection that names more than top-level attributes.
    var paths: [DocumentPath] {
        switch self {
        case .whole, .names: []
        case .paths(let projection): projection.paths
        case .columns(let columns): columns.map(\.path)
        }
    }

    func apply(to item: ItemBytes) -> ItemBytes {
        switch self {
        case .whole: item
        case .names(let names): item.picking { names.contains($0) }
        case .paths(let projection): ItemBytes(projection.apply(to: item.decoded()))
        case .columns(let columns):
            ItemBytes(
                Item(columns.compactMap { column in column.path.value(in: item).map { (column.name, $0) } }) { $1 })
        }
    }

    /// AWS's refusal of an attribute that is named twice.
    static func checkDistinct(_ names: [Text]?) throws(DynamoError) {
        var seen: Set<Text> = []
        for name in names ?? [] where !seen.insert(name).inserted {
            throw .invalidValue("Duplicate value in attribute name: \(name)")
        }
    }
}
