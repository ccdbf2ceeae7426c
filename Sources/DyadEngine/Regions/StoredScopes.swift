package import DyadModel

extension Emulator {
    /// The accounts and regions that there are files of, opened or not, in no order.
    package var storedScopes: [Scope] {
        DataFolder.names(in: folder.path).compactMap { AccountID($0) }.flatMap { account in
            DataFolder.names(in: "\(folder.path)/\(account.rawValue)").compactMap { file -> Scope? in
                let suffix = ".sqlite"
                guard file.hasSuffix(suffix) else { return nil }
                let region = String(file.dropLast(suffix.utf8.count))
                return RegionName.isName(region) ? Scope(account: account, region: RegionName(region)) : nil
            }
        }
    }
}
