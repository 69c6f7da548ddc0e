"""Appendix A, section 4 and section 6 of the contract as data, and what is wrong with a JSON value.

A shape is a type, a compiled pattern for the whole text, a set of allowed values, a list holding the shape of
each item, a tuple of alternatives, or a dict. A dict's keys that end in `?` may be missing; keys it does not
name must not come. `object` is anything.
"""

import re
from typing import Any

Shape = Any

ID = re.compile(r"[0-9a-f]{24}")
APP_ID = re.compile(r"appId_[0-9a-f-]{36}")
TOKEN = re.compile(r"\S{20,512}")
URL = re.compile(r"https?://\S+")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
ENV = {"DEVELOPMENT", "STAGING", "PRODUCTION"}
INPUT = {
    "firstName", "lastName", "email", "phoneNumber", "nationality", "birthDate", "birthPlace", "birthCountry",
}  # fmt: skip
METHOD = {"SIMPLE_STD", "ADVANCED_SMS", "ADVANCED_STD", "QUALIFIED_STD"}
LEVEL = {"SES", "AES", "QES"}
MODE = {"BY_SIDE", "EMBEDDED", "MACHINE_TO_MACHINE"}
NATURE = {"PDF", "PDF_ENCRYPTED", "FILE", "DATA_JSON", "DATA_XML", "PRIVATE_FILE"}
REQUEST_STATUS = {
    "DRAFT", "READY", "LAUNCHING", "IN_PROGRESS", "PROCESSING", "COMPLETED", "EXPIRED", "FAILED", "CANCELLED",
    "CHILDREN_GENERATED", "LAUNCH_ERROR",
}  # fmt: skip
REQUEST_TYPE = {"STANDARD", "SIGNER_SETUP", "SEAL", "SEAL_M2M", "BARE_SIGNATURE"}
PROOF_STATUS = {"NOT_INITIALIZED", "IN_PROGRESS", "WAITING_IMAGES", "ON_ERROR", "CREATED", "CLEANED"}
PROOF_TYPE = {"PDF_WITH_SIGNATURES", "ADVANCED_LEGAL_KIT", "SIGNED_DATA", "C2PA"}

OF_APP = {"appId": APP_ID, "appEnv": ENV}

PROBLEM = {
    "message": (str, dict),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+"),
    "status": int,
    "code": re.compile(r"[A-Z0-9_]+"),
    "context": object,
    "stack?": str,
}

ENDPOINT = {"_id": ID, "url": URL, "description?": str, "isDisabled?": bool, "_createdAt?": STAMP}

PROFILE = {
    "_id": ID, **OF_APP, "name": str, "description?": str, "status": {"ACTIVE", "ARCHIVED"},
    "version": (int, str), "isEmailProofSentByIgnisign": bool, "isRecurrent": bool, "integrationMode": MODE,
    "ssoConfigId?": str, "signatureAuthMethodsConfiguration": dict, "emailDomains?": [str],
    "signerIds?": [ID], "accept2FADelegation?": bool,
}  # fmt: skip

NEEDS = {"signerProfileId": ID, "inputsNeeded": [INPUT], "optionalInputs": [INPUT]}

API_KEY = {
    "_id?": ID, **OF_APP, "name": str, "description?": str, "isRestricted": bool, "permissions?": object,
    "displayableSecret": str, "status": {"ACTIVE", "REVOCATED"},
}  # fmt: skip

SETTINGS_OF_ENV = {
    "orgId": str, **OF_APP, "isApiKeyGenerated?": bool, "defaultSignerProfileId?": ID,
    "currentVersion": (int, str), "webhooks": [ENDPOINT], "languageCanBeChanged?": bool,
    "extendedAuthSessionEnabled": bool, "apiKeys": [API_KEY], "ssoConfigs": list,
    "defaultSignatureLevel?": METHOD | LEVEL, "defaultApproverIds?": [ID], "defaultRecipients?": list,
    "onlineProofsEnabled": bool, "originalFileRetentionDurationInDays?": int,
    "highLevelProofsRetentionDurationInDays?": int,
    "googleDrive": {"enabled": bool, "userId": (str, type(None)), "folderName": (str, type(None))},
}  # fmt: skip

APPLICATION = {
    "_createdAt?": STAMP, "appId?": APP_ID, "orgId": str, "appName": str,
    "status": {"ACTIVE", "BLOCKED", "ARCHIVED", "ORG_ARCHIVED"},
    "appType": {"SIGNATURE", "SEAL", "LOG_CAPSULE", "BARE_SIGNATURE", "WEB3", "IGNISIGN_RIGHT_DELEGATION"},
    "ignisignApiVersion": {"V3", "V4"}, "isDefaultApplication?": bool,
    "config": {"appId": APP_ID, "orgId": str},
    "envSettings": {f"{env}?": SETTINGS_OF_ENV for env in ENV},
    "settings": {
        "appId": APP_ID, "orgId": str, "defaultLanguage?": str, "customerSupportEmail?": str, "logoB64?": str,
        "logoDarkB64?": str, "primaryColor?": str, "secondaryColor?": str,
    },
    "signerProfiles": {f"{env}?": [PROFILE] for env in ENV},
    "signatureProfiles": object,
}  # fmt: skip

SIGNER_MADE = {
    "signerId": ID, "entityType": {"NATURAL", "SEAL"}, "success": bool, "alreadyExists": bool,
    "authSecret?": TOKEN,
}  # fmt: skip

SIGNER = {
    "signerId": ID, "externalId?": str, "firstName?": str, "lastName?": str, "email?": str,
    "status?": {"CREATED", "PENDING", "BLOCKED", "ACTIVE", "CORRUPTED"}, "alreadyProvidedInputs?": [INPUT],
    "isRecurrent?": bool, "signerProfileId?": ID, "sealClaims?": object, "fromUserId?": str,
    "certificateDisseminationAgreement?": object,
}  # fmt: skip

DOCUMENT = {
    "_id": ID, **OF_APP, "documentNature?": NATURE, "status": {"CREATED", "PROVIDED", "ARCHIVED", "CLEANED"},
    "documentHash?": (str, type(None)), "signatureRequestId": ID, "externalId?": str, "label?": str,
    "description?": str,
    "fileName?": str, "fileSize?": int, "mimeType?": str, "dataJsonContent?": str, "relatedDocumentId?": ID,
    "relatedDocumentType?": str, "templateDisplayerId?": str, "templateDisplayerVersion?": (int, float),
    "_createdAt?": STAMP, "dataVisualizationAvailable?": bool,
}  # fmt: skip

STATEMENT = {
    "_id?": ID, **OF_APP, "signatureRequestId": ID, "documentId?": ID, "labelMd": str,
}  # fmt: skip

DOCUMENT_CONTEXT = {
    **DOCUMENT, "statements?": [STATEMENT],
    "signatureSummaries": [{"signatureId": ID, "signerId": ID, "date": STAMP}],
}  # fmt: skip

REQUEST = {
    "_id?": ID, "_createdAt?": STAMP, **OF_APP, "signatureRequestType": REQUEST_TYPE, "title?": str,
    "description?": str, "language?": re.compile("[A-Z]{2}"), "status": REQUEST_STATUS, "externalId?": str,
    "creatorId?": str, "documentIds?": [ID], "signerIds?": [ID], "signedBy?": [ID], "expirationDate?": STAMP,
    "expirationDateIsActivated?": bool, "diffusionMode?": {"WHEN_READY", "SCHEDULED"},
    "diffusionDate?": STAMP, "initialSignatureRequestId?": ID, "signerIdsAsApprover?": [ID],
    "recipients?": list, "appEnvSettingVersion?": (int, str), "defaultSignatureMethod?": METHOD,
    "signerProfilesUsed?": [
        {"signerProfileId": ID, "signatureMethodRef": METHOD, "version": (int, str), "signerIds": [ID]}
    ],
    "individualizeRequests?": bool, "m2mId?": str, "highLevelProofCleaned?": bool,
    "originalFilesCleaned?": bool, "closedAt?": STAMP,
}  # fmt: skip
"""`defaultSignatureMethod` is no optional key in the models, but a fresh draft has none to tell."""

REQUEST_IN_LIST = {**REQUEST, "docFileName?": str, "docLabel?": str}

REQUEST_CONTEXT = {
    **REQUEST, "signers": [SIGNER], "documents": [DOCUMENT_CONTEXT], "statements?": [STATEMENT],
    "applicationMetadata?": object, "signatureProofsUrl?": URL, "signatureProofStatus?": PROOF_STATUS,
    "signerProfiles?": [PROFILE],
}  # fmt: skip

PUBLISHED = {
    "signatureRequestId": ID,
    "signersBySide?": [{"signerId": ID, "signerExternalId?": str}],
    "signersEmbedded?": [{"signerId": ID, "signerExternalId?": str, "token": TOKEN}],
}

STATUSES = {"signatureRequests": [{"signatureRequestId": ID, "status": REQUEST_STATUS}]}

SIGNATURE = {
    "_id?": ID, **OF_APP, "signerId": ID, "signerKeyId": str, "sessionId?": str, "documentId": ID,
    "contentHash?": str, "status": {"INIT", "SIGNED", "FAILED"},
    "mode": {"SERVER_SIDE_SIGNATURE", "CLIENT_SIDE_SIGNATURE"}, "ocspCheckValue?": object, "signingIp?": str,
    "eidasLevel?": LEVEL, "reasonLabel?": str, "contactInfoLabel?": str, "locationLabel?": str,
    "signerNameLabel?": str,
    "signatures": [{"type": str, "signatureFilePath": str, "signingTime": STAMP}],
}  # fmt: skip

IMAGES = {"documentId": ID, "signatures": [{"signerId": ID, "imgB64": str}]}

TOKEN_CHECK = {
    "isValid": bool, "context": object, "notFound": bool, "alreadyConsumed": bool, "badTarget": bool,
    "isExpired": bool, "badRelatedId": bool, "errorStr?": str, "haveBeenConsumed": bool,
}  # fmt: skip

SEALED = {
    "signatureRequestId": ID, "documentId": ID, "documentHash": re.compile("[0-9a-f]{64}"),
    "proofBase64?": str, "proofType?": PROOF_TYPE,
}  # fmt: skip

BARE_CONFIGURATION = {
    **OF_APP, "redirectUris": [URL], "authorizedOrigins": [URL], "eidasLevel": LEVEL,
}  # fmt: skip

BARE_TOKEN = {
    "access_token": TOKEN,
    "token_type": {"Bearer"},
    "expires_in": int,
    "scope": {"proof_retrieval"},
}

BARE_PROOF = {
    **OF_APP, "signatureRequestId": ID, "externalId?": str, "signerId": ID,
    "proofs": [{
        "documentId": ID, "type": {"PKCS7", "CADES"}, "documentHash": str, "proofB64": str,
        "timestampSequence?": int, "signingTime?": (STAMP, int),
    }],
    "signerInformation": {"fullName": str, "lastName?": str, "firstName?": str},
}  # fmt: skip

_REQUEST_REF = {"signatureRequestId": ID, "signatureRequestExternalId?": str}
_SIGNER_REF = {"signerId": ID, "signerExternalId?": str}
_INVITED = {**_SIGNER_REF, "token?": TOKEN}
_DOCUMENT_REF = {"documentId": ID, "documentExternalId?": str}

CONTENTS = {
    "SIGNATURE_REQUEST": {
        **_REQUEST_REF, "status": REQUEST_STATUS, "initialSignatureRequestId?": ID,
        "signers?": {"signersBySide?": [_INVITED], "signersEmbedded?": [_INVITED]},
    },
    "SIGNATURE": {
        **OF_APP, **_REQUEST_REF, **_SIGNER_REF, **_DOCUMENT_REF, "documentNature": NATURE, "signatureId": ID,
    },
    "SIGNATURE_SESSION": {**_REQUEST_REF, **_SIGNER_REF},
    "SIGNATURE_PROOF": {
        **OF_APP, **_REQUEST_REF, "documents": [{**_DOCUMENT_REF, "token": TOKEN, "url": URL}],
        "signatureProofToken?": TOKEN, "signatureProofUrl?": URL,
    },
    "SIGNATURE_SIGNER_IMAGE": {**OF_APP, **_REQUEST_REF, **_SIGNER_REF, **_DOCUMENT_REF},
    "SIGNER": {**OF_APP, **_SIGNER_REF, "inputsAdded?": [INPUT]},
    "SIGNATURE_PROFILE": {"signatureProfileId": ID},
    "APP": {"userId?": str},
}  # fmt: skip
"""Contract 4.4, the models' words: what `content` holds, by topic. No topic but these is ever emitted."""

EVENT = {
    **OF_APP, "topic": set(CONTENTS), "action": re.compile("[A-Z_]{1,512}"),
    "msgNature": {"INFO", "SUCCESS", "WARNING", "ERROR"}, "content?": dict, "verificationToken": TOKEN,
    "error?": {"errorCode": str, "message?": str, "context?": object},
}  # fmt: skip

EVENT_RECORD = {
    **{key: shape for key, shape in EVENT.items() if key != "verificationToken"},
    "_id?": ID, "webhookId": ID, "response?": {"status?": int, "statusText?": str},
    "status": {"SUCCESS", "PENDING", "FAILED"}, "_createdAt?": STAMP,
}  # fmt: skip

EVENT_PAGE = {"events": [EVENT_RECORD], "searchData": {"total": int, "page": int, "nbEventsPerPage": int}}


def wrongs(value: Any, shape: Shape, where: str = "$") -> list[str]:
    """Return what is wrong with `value`, each with the place; nothing if it fits."""
    match shape:
        case dict():
            return _wrong_keys(value, shape, where) if isinstance(value, dict) else [f"{where}: no object"]
        case [each]:
            if not isinstance(value, list):
                return [f"{where}: no array"]
            return [bad for at, one in enumerate(value) for bad in wrongs(one, each, f"{where}[{at}]")]
        case tuple():
            answers = [wrongs(value, one, where) for one in shape]
            return [] if [] in answers else answers[0]
        case set():
            good = isinstance(value, str) and value in shape
        case re.Pattern():
            good = isinstance(value, str) and shape.fullmatch(value) is not None
        case _:
            good = isinstance(value, shape) and (shape is not int or not isinstance(value, bool))
    return [] if good else [f"{where}: {type(value).__name__} does not fit"]


def _wrong_keys(value: dict[str, Any], shape: dict[str, Shape], where: str) -> list[str]:
    known = {name.removesuffix("?"): inner for name, inner in shape.items()}
    missing = [f"{where}.{name}: missing" for name in shape if name[-1] != "?" and name not in value]
    unknown = [f"{where}.{name}: unknown" for name in value if name not in known]
    inside = [
        bad
        for name, one in value.items()
        if name in known
        for bad in wrongs(one, known[name], f"{where}.{name}")
    ]
    return missing + unknown + inside


def fits(value: Any, shape: Shape) -> Any:
    """Return `value`; AssertionError naming every place where it does not have the shape."""
    found = wrongs(value, shape)
    assert not found, "; ".join(found)
    return value
