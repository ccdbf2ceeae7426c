import DyadModel

// Members of a control's order.
extension JSONNode {
    func orderText(_ name: String) throws(OrderMistake) -> String {
        guard let text = string, !text.isEmpty else { throw OrderMistake(message: "\(name) is a string") }
        return text
    }

    func orderRegion(_ name: String) throws(OrderMistake) -> RegionName {
        try Self.region(try orderText(name))
    }

    func orderAccount(_ name: String) throws(OrderMistake) -> AccountID {
        try Self.account(try orderText(name))
    }

    static func region(_ text: String) throws(OrderMistake) -> RegionName {
        guard RegionName.isName(text) else { throw OrderMistake(message: "'\(text)' is no region") }
        return RegionName(text)
    }

    static func account(_ text: String) throws(OrderMistake) -> AccountID {
        guard let account = AccountID(text) else { throw OrderMistake(message: "an account is twelve digits") }
        return account
    }
}
