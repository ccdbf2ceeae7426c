import DyadLanguage
import DyadModel
import DyadStore

extension LocatedWrite {
    /// The write that a statement lowers to, the same as another operation's.
    ///
    /// An UPDATE changes only what is there; a DELETE of what is not there succeeds, whatever else it asks (recorded from
    /// AWS: dynamodb-conformance, partiql/executeStatement).
    ///
    /// - Parameters:
    ///   - statement: INSERT, UPDATE, DELETE or EXISTS.
    ///   - showsItem: whether a failed condition's error carries the item.
    ///   - keyFault: what is answered when the condition does not name one item; nil: what it lacks.
    /// - Throws: keys that are missing or of another type, and items that cannot be put.
    init(
        _ statement: PartiQLStatement, in table: TableRecord, showsItem: Bool, keyFault: DynamoError? = nil
    ) throws(DynamoError) {
        let partition = table.key.partition[0].name
        var write: ItemWrite
        let target: SizedItem
        let key: StorageKey
        switch statement {
        case .insert(let insert):
            target = SizedItem(bytes: ItemBytes(insert.item), size: insert.item.size)
            try ItemWrite.checkSize(ofPut: target)
            key = try table.key(ofItem: target.bytes)
            try table.checkIndexKeys(of: target.bytes)
            write = ItemWrite(action: .put(target), condition: Condition(itemIsMissing: partition, or: nil))
            write.refusal = .duplicateItem
        case .update(let update):
            let reference = try update.condition.item(of: table.key, keyFault)
            (target, key) = try reference.locate(in: table)
            try update.update.checkTouches(none: table.key)
            write = ItemWrite(
                action: .update(update.update, key: target),
                condition: Condition(itemExists: partition, and: reference.rest))
        case .delete(let delete):
            let reference = try delete.condition.item(of: table.key, keyFault)
            (target, key) = try reference.locate(in: table)
            write = ItemWrite(
                action: .delete, condition: reference.rest.map { Condition(itemIsMissing: partition, or: $0) })
        case .select(let select), .exists(let select):
            let reference = try select.condition.item(of: table.key, .bareExists, mayRepeat: true)
            guard let rest = reference.rest else { throw .bareExists }
            (target, key) = try reference.locate(in: table)
            write = ItemWrite(action: .check, condition: rest)
        }
        write.showsItemOnFailure = showsItem
        self.init(tableName: statement.table, table: table, target: target, write: write, key: key)
    }
}

extension StatementCondition? {
    fileprivate func item(
        of schema: KeySchema, _ fault: DynamoError?, mayRepeat: Bool = false
    ) throws(DynamoError) -> StatementCondition.ItemReference {
        do throws(StatementCondition.KeyFault) {
            guard let self else { throw .incomplete }
            return try self.item(of: schema, mayRepeat: mayRepeat)
        } catch {
            throw fault ?? error.error
        }
    }
}

extension StatementCondition.ItemReference {
    /// The item's key, and where it lies.
    func locate(in table: TableRecord) throws(DynamoError) -> (target: SizedItem, key: StorageKey) {
        let target = SizedItem(bytes: ItemBytes(key), size: key.size)
        return (target, try table.key(named: target.bytes))
    }
}

extension PartiQLStatement {
    /// What the statement returns of the write; nil when it asks for nothing, or nothing came of it.
    func returned(_ outcome: ItemWrite.Outcome) -> ItemBytes? {
        switch self {
        case .update(let update):
            let returnValues: ReturnValues =
                switch update.returning {
                case nil: .none
                case .allOld: .allOld
                case .allNew: .allNew
                case .modifiedOld: .updatedOld
                case .modifiedNew: .updatedNew
                }
            return outcome.attributes(returnValues, of: update.update)
        case .delete(let delete): return delete.returnsOld ? outcome.old?.bytes : nil
        case .insert, .select, .exists: return nil
        }
    }
}

extension DynamoError {
    static let bareExists = DynamoError.validation(
        "EXISTS() must contain a single item read with additional condition")
    static let existsOutsideTransaction = DynamoError.validation(
        "EXISTS can only be used in ExecuteTransaction write requests.")
}
