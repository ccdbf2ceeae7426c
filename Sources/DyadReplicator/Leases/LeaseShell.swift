/// Performs what a lease machine decides.
enum LeaseShell {
    static func perform(_ effect: LeaseEffect, _ store: (any LeaseStore)?) async -> LeaseEvent {
        let task: LeaseTask =
            switch effect {
            case .list: .list
            case .add(let lease): .add(lease.id)
            case .replace(let lease, _): .replace(lease.id)
            case .remove(let lease): .remove(lease.id)
            }
        do throws(PortError) {
            guard let store else { throw PortError(.fatal, "there is no coordination table") }
            switch effect {
            case .list: return .listed(try await store.leases())
            case .add(let lease):
                try await store.add(lease)
                return .added(lease.id)
            case .replace(let former, let lease):
                return .replied(lease.id, try await store.replace(former, with: lease))
            case .remove(let lease):
                try await store.remove(lease)
                return .removed(lease.id)
            }
        } catch { return .failed(task, error) }
    }
}
