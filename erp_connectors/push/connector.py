"""An ERP that calls us: placeholder until its owner writes it."""


class PushConnector:
    open = None
