"""What a user can get wrong. Each message is one line: who, which value, which rule, what to do."""


class BadInput(Exception):
    """A request that cannot be carried out as it stands; the command line prints it and exits with 2."""


class OutsideDomain(BadInput):
    """A value outside the domain of its symbol, or a point outside the assumptions of its claim."""


class UnknownClaim(BadInput):
    """No claim of this name."""


class BadDeclaration(BadInput):
    """A setting, claim or simulator that contradicts itself."""


class NoRoot(BadInput):
    """An implicit equation without a root, or with more than one, where its claim promises exactly one."""


class BadSample(BadInput):
    """A simulator returned something that is not the observable it declares."""


class StoreFault(BadInput):
    """The store cannot be read or written."""


class DeviceMissing(BadInput):
    """A backend or device that this machine does not have."""


class NotBuilt(BadInput):
    """Part of the contract that this version does not offer yet."""
